import { CLIENT_TIMEOUT_MS, faultAtEachCall } from './each-call.ts';

faultAtEachCall({
  'no answer': { fault: { kind: 'hang', ms: CLIENT_TIMEOUT_MS * 4 } },
  'a broken connection': { fault: { kind: 'reset' } },
  'a broken connection after the write was carried out': { fault: { kind: 'reset-after' }, writesOnly: true },
});
