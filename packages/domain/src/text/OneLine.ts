/** A text in one line of at most `longest` characters: each run of white space becomes one blank, and the rest is cut. */
export const oneLine = (text: string, longest = Number.POSITIVE_INFINITY): string =>
  text.replaceAll(/\s+/g, " ").trim().slice(0, longest).replace(/[\uD800-\uDBFF]$/, "")
