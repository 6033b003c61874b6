/** A tick of a PingSource: no subject, a fresh id each time, an object as data. */
import { randomUUID } from 'node:crypto';
import type { Event } from './event.ts';

export const ping = (name = 'sweep', data: object = {}, namespace = 'sandbox'): Event => ({
  specversion: '1.0',
  id: randomUUID(),
  type: 'dev.knative.sources.ping',
  source: `/apis/v1/namespaces/${namespace}/pingsources/${name}`,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data,
});
