import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Frames, bodyOf, correlationIdOf, replyFrame } from './kafka-frames.ts';

test('messages are whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer(), fc.uint8Array({ maxLength: 40 }))),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (messages, cuts) => {
        const sent = messages.map(([id, body]) => replyFrame(id, Buffer.from(body)));
        const frames = new Frames();
        const got: Buffer[] = [];
        let rest = Buffer.concat(sent);
        for (const cut of [...cuts, rest.length]) {
          got.push(...frames.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        got.push(...frames.push(rest));
        expect(got).toEqual(sent);
        expect(got.map((frame) => [correlationIdOf(frame), new Uint8Array(bodyOf(frame))])).toEqual(messages);
      },
    ),
  );
});
