import type { SurfacePayload } from '../decision/planned.ts';
import { escapeFor } from '../playbook/plain-text.ts';
import type { Surface } from '../vocabulary.ts';
import type { CoreContent } from './core-content.ts';
import { clipped, singleSpaced } from './reason.ts';

/** How much each surface has room for, before escaping: a cut never falls into an escape. */
const ROOM_CHARS = {
  ide: { title: 200, body: 4000 },
  ci: { title: 120, body: 1000 },
  alert: { title: 80, body: 200 },
} as const;

const compact = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

const firstParagraph = (text: string): string => singleSpaced(text.split(/\n\s*\n/)[0]!).trim();

/**
 * One action as one surface shows it, with the same core content (R-47, D-70): the IDE card in full, the check summary compact and escaped for a
 * place that renders Markdown, the notification short. Why it came stands in `reason` and, for advice and offers, below the body where there is room.
 * Members in canonical order, for the payload's digest.
 */
export const surfacePayload = (content: CoreContent, surface: Surface): SurfacePayload => {
  const room = ROOM_CHARS[surface];
  const title = escapeFor(surface, clipped(singleSpaced(content.title), room.title));
  const why = content.showWhy ? `\n\nWhy: ${content.whyRelevant}` : '';
  switch (surface) {
    case 'ide':
      return { body: clipped(content.body, room.body) + why, cta: content.cta, title, variant: 'card' };
    case 'ci':
      return {
        body: escapeFor('ci', clipped(compact(content.body), room.body) + why),
        cta: content.cta,
        title,
        variant: 'check-summary',
      };
    case 'alert':
      return {
        body: escapeFor('alert', clipped(firstParagraph(content.body), room.body)),
        cta: content.cta,
        title,
        variant: 'notification',
      };
  }
};
