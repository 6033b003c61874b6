import { serve } from '../shared/runtime/serve.ts';
import * as functions from './index.ts';

/** `npm start`, when all functions are served; for one alone, the build makes the same file with only that in it. */
void serve(Object.values(functions));
