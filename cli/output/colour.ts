import { styleText } from 'node:util';
import type { Advice } from '../../shared/advice/types.ts';
import type { Support } from '../../shared/capability/reasons.ts';
import type { Link } from '../../shared/chain/link.ts';
import type { VerdictKind } from '../../shared/plan/verdict.ts';
import type { Check } from '../../shared/restore/check.ts';

/** Words that tables colour: verdicts, and the results of links, checks, practices and capabilities. */
type Word = VerdictKind | Link['result'] | Check['result'] | Advice['result'] | Support;

const colours = {
  ...{ leave: 'green', pass: 'green', kept: 'green', yes: 'green' },
  ...{ act: 'yellow', warn: 'yellow' },
  ...{ wait: 'cyan', skip: 'cyan', unknown: 'cyan' },
  ...{ report: 'red', fail: 'red', advised: 'red', no: 'red' },
} as const satisfies Record<Word, Parameters<typeof styleText>[0]>;

/** The text in the colour of a word. Always coloured: the caller decides whether the terminal wants it. */
export const colourOf = (text: string, word: Word): string => styleText(colours[word], text, { validateStream: false });
