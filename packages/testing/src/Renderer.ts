/** The lines of a text that no reader of Markdown takes for a fenced block, with inline code taken out. */
const prose = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let fence: string | undefined
  for (const line of text.split("\n")) {
    const [run = ""] = /^`{3,}/.exec(line) ?? []
    if (fence !== undefined) {
      if (run.startsWith(fence) && line.trim() === run) fence = undefined
    } else if (run !== "" && !line.slice(run.length).includes("`")) fence = run
    else lines.push(line)
  }
  return lines
}

/** Addresses that may be there: our forge's. */
const ofForge = /https:\/\/github\.com(?:\/(?!\/)[\w./#-]*)?(?=[^@\w]|$)/g

const withoutCode = (text: string): string =>
  text.replaceAll(/(?<=(?<!\\)(?:\\\\)*)(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)/g, "$1$1")

/** GitLab's own way to find commands: it takes out what it holds for code, and reads the starts of the lines. */
const commandsIn = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/^```[^]+?\n```$/gm, "")
    .split(/[\n\r\v\f\u0085\u2028\u2029]/)
    .filter((line) => /^\s*\/[a-z_]+(?:\s|$)/i.test(line))

const live: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["mention", /@[\w-]/],
  ["reference", /(?:#|GH-)\d/],
  ["image", /!\[/],
  ["HTML", /<[a-z/!?]/i],
  ["link by reference", /\]:/],
  ["link", /\]\((?!https:\/\/github\.com\/|[\w./#-]*\))/],
  ["address", /\w:\/\/|www\./i],
  ["entity", /&#\d/]
]

/** What a forge that renders the text would do beyond showing it. */
export const breaches = (text: string): ReadonlyArray<string> => {
  const words = prose(text).map(withoutCode)
  const found = live.flatMap(([name, pattern]) =>
    words.filter((line) => pattern.test(name === "address" ? line.replaceAll(ofForge, "") : line)).map((line) =>
      `${name}: ${line}`
    )
  )
  const marker = /<!--\s*nominal-code/.test(text) ? ["marker"] : []
  const suggestion = /^\s*[`~]{3,}[ \t]*suggestion[^`\n]*$/m.test(text) ? ["suggestion"] : []
  return [...found, ...marker, ...suggestion, ...commandsIn(text).map((line) => `command: ${line}`)]
}
