// A source, as the text of a module, that brings more than a disk takes, until it is refused.

export const FLOOD_SOURCE = `
import type { SourceDefinition } from '@penstock/hub';
export const fromTheStart = (): SourceDefinition => ({
  type: 'flood',
  description: 'more than the disk takes',
  create: (context) => {
    const timer = setInterval(() => { try { context.accept('test.a', 'x'.repeat(10_000)); } catch { clearInterval(timer); } }, 1);
    return { async start() {}, async stop() { clearInterval(timer); } };
  },
});`;
