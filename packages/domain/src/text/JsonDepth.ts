/** Largest depth of a JSON value that is read. What a model hands in has a tenth of it. */
const deepest = 100

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null

const isDeeperThan = (value: unknown, levels: number): boolean =>
  isNested(value) && (levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1)))

/** True if a value's lists and objects are so deep in each other that those who walk it would run out of stack. */
export const isTooDeep = (value: unknown): boolean => isDeeperThan(value, deepest)

/** The same of a text of JSON, which is not parsed for it: a value of a million levels takes its parser long. */
export const isTextTooDeep = (text: string): boolean => {
  let [depth, isInString] = [0, false]
  for (let at = 0; at < text.length && depth <= deepest; at++) {
    const character = text[at]
    if (character === "\"") isInString = !isInString
    else if (isInString) at += character === "\\" ? 1 : 0
    else if (character === "[" || character === "{") depth++
    else if (character === "]" || character === "}") depth--
  }
  return depth > deepest
}
