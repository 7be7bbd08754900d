// The half of sabotage.mjs that runs in the loader's thread.

let changes = [];

export function initialize(data) {
  changes = data;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const here = changes.filter(({ module }) => url.endsWith(module));
  if (here.length === 0) return loaded;
  let text = String(loaded.source);
  for (const { module, from, to } of here) {
    if (!text.includes(from)) throw new Error(`sabotage: ${module} has no ${JSON.stringify(from)} any more`);
    text = text.replace(from, () => to);
  }
  return { ...loaded, source: text };
}
