import { serve } from '../shared/runtime/serve.ts';
import * as functions from './index.ts';

/** `npm start`: serves all functions. For a single function the build generates this file with only that one. */
void serve(Object.values(functions));
