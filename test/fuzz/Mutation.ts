/** A generator of numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export const makeRandom = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Pieces that readers of the formats are sensitive to. */
const atoms = [
  "\"",
  "'",
  "`",
  "```",
  "~~~",
  "\\",
  "\n",
  "\r",
  "\0",
  "\u2028",
  "\ufeff",
  "\ud800",
  "\u200b",
  "\u202e",
  "🙂",
  "é",
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  "<",
  ">",
  "&",
  "*",
  "_",
  "*_",
  "#",
  "@",
  "!",
  "|",
  "-",
  ": ",
  "<!--",
  "-->",
  "\t",
  "%",
  "null",
  "true",
  "-1",
  "1e999",
  "9007199254740993",
  "__proto__",
  "constructor",
  "@@ -1,3 +1,3 @@",
  "diff --git a/x b/x",
  "rename from ",
  "GIT binary patch",
  "\\ No newline at end of file",
  "$(",
  "{{",
  "*a",
  "&a ",
  "!!js/function",
  "<<: "
]

/** Values that stand in a JSON where something else is expected. */
const oddValues: ReadonlyArray<unknown> = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  "",
  "\0",
  "\ud800",
  "__proto__",
  "x".repeat(5_000),
  [],
  [[[[[[[[]]]]]]]],
  {},
  { __proto__: null, length: -1 }
]

const replacedIn = (value: unknown, random: () => number, replaced: (value: unknown) => unknown): unknown => {
  const isInside = typeof value === "object" && value !== null && random() < 0.85
  if (!isInside) return replaced(value)
  const names = Object.keys(value)
  const name = names[Math.floor(random() * names.length)]
  if (name === undefined) return replaced(value)
  const inner = replacedIn(Reflect.get(value, name), random, replaced)
  if (Array.isArray(value)) return value.map((item, at) => String(at) === name ? inner : item)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      if (key !== name) return [[key, one]]
      return inner === undefined ? [] : [[key, inner]]
    })
  )
}

/** A JSON with another value somewhere, or with one left out; none of a text that is no JSON. */
const otherJson = (text: string, random: () => number): string | undefined => {
  try {
    const odd = random() < 0.2 ? undefined : oddValues[Math.floor(random() * oddValues.length)]
    return JSON.stringify(replacedIn(JSON.parse(text), random, () => odd))
  } catch {
    return undefined
  }
}

/** Makes the next input from a sample: pieces are put in, taken out, repeated or taken from another sample. */
export const mutated = (random: () => number, samples: ReadonlyArray<string>, longest: number): string => {
  const pick = <A>(list: ReadonlyArray<A>, other: A): A => list[Math.floor(random() * list.length)] ?? other
  let text = pick(samples, "")
  const json = random() < 0.5 ? otherJson(text, random) : undefined
  if (json !== undefined) return json.slice(0, longest)
  for (let change = Math.ceil(random() * 6); change > 0; change--) {
    const at = Math.floor(random() * (text.length + 1))
    const end = Math.min(text.length, at + Math.floor(random() * 80))
    const kind = Math.floor(random() * 4)
    if (kind === 0) text = text.slice(0, at) + pick(atoms, "") + text.slice(at)
    else if (kind === 1) text = text.slice(0, at) + text.slice(end)
    else if (kind === 2) {
      text = text.slice(0, end) + text.slice(at, end).repeat(Math.floor(random() * 200)) + text.slice(end)
    } else text = text.slice(0, at) + pick(samples, "").slice(Math.floor(random() * 200)) + text.slice(end)
  }
  return text.slice(0, longest)
}
