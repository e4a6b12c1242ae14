import { type Gate, pass } from './gate.ts';

/** The place of Gold Standards and tenant restrictions: neither has a source yet, so there is nothing that could veto. */
export const restrictions: Gate = () => pass('restrictions');
