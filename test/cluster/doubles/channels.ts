/**
 * The in-memory channel's controller: says of every InMemoryChannel that it is ready and where it is. The real one
 * carries a webhook that the API server cannot reach here.
 *
 * Not doubled: dead letter sinks of channels, event policies, any condition but "all is well".
 */
import type { Client } from '../client.ts';
import { refOf } from '../client.ts';

const CONDITIONS = [
  'Addressable',
  'ChannelServiceReady',
  'DeadLetterSinkResolved',
  'DispatcherReady',
  'EndpointsReady',
  'EventPoliciesReady',
  'Ready',
  'ServiceReady',
];

export async function giveAddresses(client: Client): Promise<void> {
  for (const channel of await client.list('messaging.knative.dev/v1', 'InMemoryChannel')) {
    const { name, namespace } = channel.metadata;
    // The dispatcher passes over a channel whose status is of another generation.
    if (channel['status']?.address?.url && channel['status'].observedGeneration === channel.metadata['generation'])
      continue;
    await client.patchStatus(refOf(channel), {
      observedGeneration: channel.metadata['generation'],
      address: { name: 'http', url: `http://${name}-kn-channel.${namespace}.svc.cluster.local` },
      conditions: CONDITIONS.map((type) => ({ type, status: 'True', lastTransitionTime: new Date().toISOString() })),
    });
  }
}
