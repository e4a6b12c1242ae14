import type { KeyObject } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { signTexts } from './sign-texts.ts';

// What the thread of SigningThread runs: one answer for each question, in order.
const key = workerData as KeyObject;
parentPort?.on('message', (texts: readonly string[]) => parentPort?.postMessage(signTexts(key, texts)));
