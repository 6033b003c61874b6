/** Watches over HTTP: initial events, what happened since a revision, then everything new, with bookmarks. */
import type { ServerResponse } from 'node:http';
import { field, invalidOptions, notANumber } from './errors.ts';
import type { Kind } from './kinds.ts';
import { tooOld } from './lists.ts';
import { parseSelection } from './selectors.ts';
import type { Matches } from './selectors.ts';
import { renderObject } from './shapes.ts';
import type { Shape } from './shapes.ts';
import type { Change, Entry, Store } from './store.ts';

export interface WatchQuery {
  namespace: string | undefined;
  labelSelector: string;
  fieldSelector: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  sendInitialEvents: boolean | undefined;
  bookmarks: boolean;
  timeoutSeconds: number;
}

const BOOKMARK_EVERY_MS = 2000;
/** A reader that far behind is cut off; it resumes from its last revision. */
const MAX_UNREAD_BYTES = 64 << 20;

/** Throws what must be answered before the stream begins; afterwards errors are events. */
export function checkWatch(kind: Kind, query: WatchQuery): void {
  const { sendInitialEvents, resourceVersionMatch } = query;
  const refuse = (why: string): never => {
    throw invalidOptions('ListOptions', field.forbidden('resourceVersionMatch', why));
  };
  if (sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan') {
    refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (sendInitialEvents === undefined && resourceVersionMatch) {
    refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  if (!/^\d*$/.test(query.resourceVersion)) throw notANumber(query.resourceVersion);
  parseSelection(kind, query.labelSelector, query.fieldSelector);
}

/** Streams until the client goes, the time is over, or the returned function is called. */
export function serveWatch(
  store: Store,
  kind: Kind,
  query: WatchQuery,
  shape: Shape,
  response: ServerResponse,
): () => void {
  const collection = store.collection(kind);
  const matches = matcher(kind, query);
  const given = Number(query.resourceVersion);
  const withInitial = query.sendInitialEvents ?? given === 0;
  const revision = given || store.revision;

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const backlog = withInitial ? [] : collection.since(revision);
  if (backlog === undefined) {
    send('ERROR', JSON.stringify(tooOld(revision, collection.oldestRevision).toStatus()));
    response.end();
    return () => undefined;
  }
  if (withInitial) {
    for (const entry of collection.entries) if (matches(entry)) send('ADDED', renderObject(kind, entry, shape));
    if (query.sendInitialEvents && query.bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  }
  backlog.forEach(pass);
  collection.listeners.add(pass);

  const timers = [setTimeout(stop, query.timeoutSeconds * 1000)];
  if (query.bookmarks) timers.push(setInterval(bookmark, BOOKMARK_EVERY_MS));
  response.on('close', release);
  return stop;

  function pass(change: Change): void {
    if (change.revision <= revision) return;
    const [type, entry] = seen(change, matches);
    if (type) send(type, renderObject(kind, entry, shape));
  }

  function bookmark(annotations?: Record<string, string>): void {
    const metadata = {
      resourceVersion: String(store.revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    send('BOOKMARK', JSON.stringify({ kind: kind.kind, apiVersion: kind.apiVersion, metadata }));
  }

  function send(type: string, object: string): void {
    response.write(`{"type":"${type}","object":${object}}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  }

  function release(): void {
    collection.listeners.delete(pass);
    timers.forEach(clearTimeout);
  }

  function stop(): void {
    release();
    if (query.bookmarks && !response.writableEnded) bookmark();
    response.end();
  }
}

function matcher(kind: Kind, query: WatchQuery): Matches {
  const { matches } = parseSelection(kind, query.labelSelector, query.fieldSelector);
  return (entry) =>
    (query.namespace === undefined || entry.namespace === query.namespace) && (matches?.(entry) ?? true);
}

/** An object that begins to match is ADDED, one that ceases to match is DELETED (in its last matching form). */
function seen(change: Change, matches: Matches): [Change['type'] | undefined, Entry] {
  const { type, entry, previous } = change;
  const before = previous !== undefined && matches(previous);
  if (type === 'DELETED') return [before ? 'DELETED' : undefined, entry];
  const now = matches(entry);
  if (now) return [before ? 'MODIFIED' : 'ADDED', entry];
  return [before ? 'DELETED' : undefined, before ? withRevision(previous, change.revision) : entry];
}

function withRevision(entry: Entry, revision: number): Entry {
  const object = JSON.parse(entry.text) as { metadata: { resourceVersion: string } };
  object.metadata.resourceVersion = String(revision);
  return { ...entry, revision, text: JSON.stringify(object) };
}
