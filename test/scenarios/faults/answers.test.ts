import { faultAtEachCall } from './each-call.ts';

faultAtEachCall({
  'a conflict': { fault: { kind: 'status', code: 409, reason: 'Conflict' } },
  'too many requests': { fault: { kind: 'status', code: 429, reason: 'TooManyRequests' } },
  'an internal error': { fault: { kind: 'status', code: 500, reason: 'InternalError' } },
});
