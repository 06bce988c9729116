import { escapeCharacter, escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { invisible, oddLineEnds } from "@nominal-code/domain/text/Invisible"
import { oneLine } from "@nominal-code/domain/text/OneLine"

/** Tags around untrusted text in a prompt, which is data and no instruction. */
export type BlockTag =
  | "untrusted-diff"
  | "untrusted-comment"
  | "untrusted-request"
  | "untrusted-description"
  | "untrusted-commit-messages"
  | "untrusted-hunk"
  | "untrusted-claim"
  | "untrusted-code"
  | "untrusted-issue"
  | "repo-guidelines"
  | "repo-rules"
  | "language-guidelines"
export type InlineTag = "untrusted-title" | "branch-name"

// Any of our tags, opening or closing, as a lenient reader might still take it for one: any case, blanks and other
// dashes in it, a slash or bracket of another script before it.
const tag =
  /[<\u02c2\u2039\u2329\u27e8\u276e\u3008\ufe64\uff1c](?=[\s/\u2044\u2215\u29f8\uff0f]*(?:untrusted[\s\p{Pd}_\u200c\u200d]*[a-z]|(?:repo|language)[\s\p{Pd}_\u200c\u200d]*(?:guidelines|rules)|file[\s\p{Pd}_\u200c\u200d]*path|branch[\s\p{Pd}_\u200c\u200d]*name))/giu

/** Breaks everything that could be read as one of our tags: `</untrusted-diff>` becomes `<\/untrusted-diff>`. */
const neutralise = (text: string): string => text.replaceAll(tag, (bracket) => `${bracket}\\`)

const comment = /<!--(?:(?!-->|<!--)[^])*(?:-->|$)/g

/** Limit of rounds of removing comments. A text that still has some was made for that; they are shown. */
const rounds = 8

const withoutHidden = (text: string): string => {
  let shown = text.toWellFormed().replaceAll(oddLineEnds, "\n").replaceAll(invisible, "")
  for (let round = 0; round < rounds && shown.includes("<!--"); round++) shown = shown.replaceAll(comment, "")
  return shown
}

const wrap = (name: BlockTag, content: string): string => `<${name}>\n${neutralise(content)}\n</${name}>`

/** Wraps a person's text in tags, without HTML comments and invisible characters, which only a machine would see. */
export const block = (name: BlockTag, content: string): string => wrap(name, withoutHidden(content))

/**
 * Wraps code in tags, unchanged except that invisible characters, and those that only look like a line's end, show as
 * `[U+202E]`.
 */
export const codeBlock = (name: BlockTag, content: string): string =>
  wrap(
    name,
    content.toWellFormed().replaceAll(/\r+\n/g, "\n").replaceAll(oddLineEnds, escapeCharacter)
      .replaceAll(invisible, escapeCharacter)
  )

/**
 * Wraps a file's name in tags, in full, so that the model can write it back. Invisible characters and tags in it show
 * as `[U+00A0]`. `position` follows it: `:12`.
 */
export const filePath = (path: string, position = ""): string =>
  `<file-path>${escapePath(path).replaceAll(tag, escapeCharacter)}${position}</file-path>`

/** Wraps a short text in tags, on one line. */
export const inline = (name: InlineTag, content: string): string =>
  `<${name}>${neutralise(oneLine(withoutHidden(content)))}</${name}>`

/** Cleans a short text that has no tags around it, such as a person's name. */
export const bare = (content: string): string => neutralise(oneLine(withoutHidden(content)))

/** Removes the diffs from a saved prompt. The next prompt has its own, and an old diff would mislead. */
export const withoutDiffs = (prompt: string): string =>
  prompt.replaceAll(
    /<(untrusted-diff)>\n[^]*?\n<\/\1>/g,
    "<$1>\n(left out: the newest state of the diff is further below)\n</$1>"
  )
