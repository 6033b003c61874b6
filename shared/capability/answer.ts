import type { AnswerReason } from './reasons.ts';
import { answerReasons } from './reasons.ts';
import type { CapabilityAnswer } from './types.ts';

/** Builds an answer. The reason determines yes, no or unknown, so they always agree. */
export const answer = (reason: AnswerReason, message: string, cure?: string): CapabilityAnswer => ({
  answer: answerReasons[reason].answer,
  reason,
  message,
  ...(cure !== undefined && { cure }),
});
