import type { IncomingMessage } from 'node:http';
import { EventRefused, failure } from './answer.ts';

/** Bytes beyond the limit are read and discarded up to this multiple, so that the sender can receive the response. */
const PATIENCE = 8;

/**
 * Reads the whole body as UTF-8. Bytes beyond the limit are not kept.
 * @throws EventRefused: 413 if the body is too large, 400 if the request was aborted
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      reject(new EventRefused(failure('tooLarge', `the event is larger than ${limitBytes} bytes`)));
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) return void chunks.push(chunk);
      chunks = [];
      // A sender that is cut off while sending sees a broken connection and sends everything again.
      if (bytes > limitBytes * PATIENCE) tooLarge();
    });
    request.on('end', () => {
      if (bytes > limitBytes) tooLarge();
      else resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'));
    });
    // The sender is gone, but the slot in the queue must be released.
    request.on('error', () => reject(new EventRefused(failure('malformed', 'the request was aborted'))));
  });
}
