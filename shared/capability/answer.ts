import type { AnswerReason } from './reasons.ts';
import { answerReasons } from './reasons.ts';
import type { CapabilityAnswer } from './types.ts';

/** The reason says whether it is a yes: no two can ever disagree. */
export const answer = (reason: AnswerReason, message: string, cure?: string): CapabilityAnswer => ({
  answer: answerReasons[reason].answer,
  reason,
  message,
  ...(cure !== undefined && { cure }),
});
