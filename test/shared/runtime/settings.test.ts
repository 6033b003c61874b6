import { describe, expect, test } from '@jest/globals';
import { SettingsError, readSettings } from '../../../shared/runtime/settings.ts';
import { tiny } from './tiny.ts';

const read = (environment: NodeJS.ProcessEnv) => readSettings(environment, [tiny]);

describe('readSettings', () => {
  test('an empty environment is enough', () => {
    expect(read({ HOME: '/root', K_SERVICE: 'x', GLEANER_MODE: '' })).toEqual({
      function: undefined,
      port: 8080,
      mode: 'apply',
      logLevel: 'info',
      bodyLimitBytes: 4_194_304,
      concurrency: 16,
      sweepMs: 240_000,
      sweepJitterMs: 20_000,
      configs: new Map([['clear-note', { keep: 'no' }]]),
    });
  });

  test('what Kubernetes adds for a Service named gleaner is not ours', () => {
    const links = {
      GLEANER_SERVICE_HOST: '10.0.0.1',
      GLEANER_SERVICE_PORT: '80',
      GLEANER_SERVICE_PORT_HTTP: '80',
      GLEANER_PORT: 'tcp://10.0.0.1:80',
      GLEANER_PORT_80_TCP: 'tcp://10.0.0.1:80',
      GLEANER_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(readSettings(links, [])).toEqual(readSettings({}, []));
  });

  test('a function has its own policy', () => {
    const settings = read({
      FUNCTION: 'clear-note',
      PORT: '0',
      GLEANER_MODE: 'observe',
      GLEANER_CLEAR_NOTE_KEEP: 'yes',
    });

    expect(settings).toMatchObject({ function: 'clear-note', port: 0, mode: 'observe' });
    expect(settings.configs.get('clear-note')).toEqual({ keep: 'yes' });
  });

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['a misspelt variable', { GLEANER_MODUS: 'observe' }, 'GLEANER_MODUS'],
    ['a misspelt policy', { GLEANER_CLEAR_NOTE_KEPT: 'yes' }, 'GLEANER_CLEAR_NOTE_KEPT'],
    ['a mode nobody knows', { GLEANER_MODE: 'dry' }, 'GLEANER_MODE'],
    ['a policy nobody knows', { GLEANER_CLEAR_NOTE_KEEP: 'maybe' }, 'GLEANER_CLEAR_NOTE_KEEP'],
    ['a port that is no number', { PORT: 'http' }, 'PORT'],
    ['a function nobody knows', { FUNCTION: 'fix-all' }, 'clear-note'],
  ])('%s stops the start and is named', (_, environment, named) => {
    expect(() => read(environment)).toThrow(SettingsError);
    expect(() => read(environment)).toThrow(named);
  });
});
