import type { IncomingMessage } from 'node:http';
import { EventRefused, failure } from './answer.ts';

/** How much more than allowed is read and thrown away, so that the sender gets to see why it is refused. */
const PATIENCE = 8;

/** The whole body as text. @throws EventRefused (413) when it is too large; what is too much is not kept */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new EventRefused(failure('tooLarge', `events may have ${limitBytes} bytes`)));
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) return void chunks.push(chunk);
      chunks = [];
      // A sender that is cut off while it sends sees a broken connection and sends it all again.
      if (bytes > limitBytes * PATIENCE) tooLarge();
    });
    request.on('end', () => {
      if (bytes > limitBytes) tooLarge();
      else resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'));
    });
    // The sender is gone; the answer reaches nobody, but the place in the queue must be given back.
    request.on('error', () => reject(new EventRefused(failure('malformed', 'the request was aborted'))));
  });
}
