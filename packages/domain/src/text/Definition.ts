/** Shapes of the lines that define a name, in all common languages. */

const word = String.raw`([A-Za-z_$][\w$]*)`

/** Shapes of a line that defines a name. The first group of the first that matches is the name. */
const shapes = [
  // Go's methods, whose receiver stands before the name.
  new RegExp(String.raw`^\s*func\s+\([^)]*\)\s*${word}`),
  // C's functions that return a structure, whose name stands before the function's.
  new RegExp(
    String.raw`^\s*(?:\w+\s+){0,4}(?:struct|enum|union)\s+\w+(?:\s+\**|\s*\*+\s*)${word}\s*\([^;]*(?:\{|\)|,)\s*$`
  ),
  new RegExp(
    String.raw`^\s*(?:[\w@()]+\s+){0,5}(?:function\*?|def|fn|func|fun|class|interface|struct|enum|trait|protocol|` +
      String.raw`module|object|record|type|typealias|macro|sub|defp?|defmodule)\s+(?:self\.)?${word}`
  ),
  new RegExp(
    String.raw`^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:const|let|var|val)\s+(?:mut\s+)?${word}`
  ),
  // Methods and C functions: modifiers and types, a name, parameters, and no semicolon at the end.
  new RegExp(
    String.raw`^\s*(?:[\w<>[\],.?*&:]+\s+){1,6}[*&]*(?:\w+::)*${word}\s*(?:<[^>]*>)?\([^;]*(?:\{|=>|\)|,)\s*$`
  ),
  new RegExp(String.raw`^\s*${word}\s*(?:<[^>]*>)?\([^;]*\)[^;=]*\{\s*$`)
]

/** Words that look like a definition's name and are none. */
const keywords = new Set(
  ("if for while switch catch return else elif do try with match when unless until case await yield throw new not in is " +
    "and or assert print super this self constructor init main test it describe expect require import from using")
    .split(" ")
)

/** First words of a line that defines nothing. */
const statement = new RegExp(
  "^\\s*(?:" +
    ("return throw raise await yield if for while switch else elif case new import from using assert defer go del delete " +
      "echo puts print do try catch with match when unless until").split(" ").join("|") +
    ")\\b"
)

const comment = /^\s*(?:\/\/|\/?\*|#(?!\s*define))/

/** Name that a line defines; undefined for one that defines none. */
export const definedIn = (text: string): string | undefined => {
  if (text.length > 400 || statement.test(text) || comment.test(text)) return undefined
  const name = shapes.map((shape) => shape.exec(text)?.[1]).find((found) => found !== undefined)
  return name === undefined || keywords.has(name) ? undefined : name
}
