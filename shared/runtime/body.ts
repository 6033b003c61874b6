import type { IncomingMessage } from 'node:http';
import { EventRefused, failure } from './answer.ts';

/** The whole body as text. @throws EventRefused (413) as soon as it is known to be too large; the rest is not kept */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  const tooLarge = () => new EventRefused(failure('tooLarge', `events may have ${limitBytes} bytes`));
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) return void chunks.push(chunk);
      chunks = [];
      reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    // The sender is gone; the answer reaches nobody, but the place in the queue must be given back.
    request.on('error', () => reject(new EventRefused(failure('malformed', 'the request broke off'))));
  });
}
