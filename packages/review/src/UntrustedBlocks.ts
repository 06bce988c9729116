import { escapeCharacter, escapePath } from "@nominal-code/domain/RepoPathSpelling"
import { invisible, oddLineEnds } from "./Invisible.ts"

/** What stands in a prompt between tags, as data: whoever wrote it gives no orders. */
export type BlockTag =
  | "untrusted-diff"
  | "untrusted-comment"
  | "untrusted-request"
  | "untrusted-description"
  | "untrusted-commit-messages"
  | "untrusted-hunk"
  | "repo-guidelines"
export type InlineTag = "untrusted-title" | "branch-name"

// Any of our tags, opening or closing, as a lenient reader might still take it for one: any case, blanks and other
// dashes in it, a slash or bracket of another script before it.
const tag =
  /[<\u02c2\u2039\u2329\u27e8\u276e\u3008\ufe64\uff1c](?=[\s/\u2044\u2215\u29f8\uff0f]*(?:untrusted[\s\p{Pd}_\u200c\u200d]*[a-z]|repo[\s\p{Pd}_\u200c\u200d]*guidelines|file[\s\p{Pd}_\u200c\u200d]*path|branch[\s\p{Pd}_\u200c\u200d]*name))/giu

/** Breaks whatever could be read as one of our tags: `</untrusted-diff>` becomes `<\/untrusted-diff>`. */
const neutralise = (text: string): string => text.replaceAll(tag, (bracket) => `${bracket}\\`)

const comment = /<!--(?:(?!-->|<!--)[^])*(?:-->|$)/g

/** Rounds after which a text that still yields comments was made to do so; what is left is shown. */
const rounds = 8

const withoutHidden = (text: string): string => {
  let shown = text.toWellFormed().replaceAll(oddLineEnds, "\n").replaceAll(invisible, "")
  for (let round = 0; round < rounds && shown.includes("<!--"); round++) shown = shown.replaceAll(comment, "")
  return shown
}

const wrap = (name: BlockTag, content: string): string => `<${name}>\n${neutralise(content)}\n</${name}>`

/** A person's text between tags, without what only a machine would see in it: HTML comments, invisible characters. */
export const block = (name: BlockTag, content: string): string => wrap(name, withoutHidden(content))

/**
 * Code between tags. It stays as it is; invisible characters, and those that only look like the end of a line, show as
 * `[U+202E]`, since a reviewer has to see them.
 */
export const codeBlock = (name: BlockTag, content: string): string =>
  wrap(
    name,
    content.toWellFormed().replaceAll(/\r+\n/g, "\n").replaceAll(oddLineEnds, escapeCharacter)
      .replaceAll(invisible, escapeCharacter)
  )

/**
 * A file's name, between tags. It is there in full, so that what a model writes back leads to the file; what would not
 * be seen of it, or would be a tag, is shown as `[U+00A0]`. `position` comes after it: `:12`.
 */
export const filePath = (path: string, position = ""): string =>
  `<file-path>${escapePath(path).replaceAll(tag, escapeCharacter)}${position}</file-path>`

/** A short text on one line, between tags. */
export const inline = (name: InlineTag, content: string): string => `<${name}>${neutralise(oneLine(content))}</${name}>`

/** A short text without tags around it: somebody's name. */
export const bare = (content: string): string => neutralise(oneLine(content))

const oneLine = (text: string): string => withoutHidden(text).replaceAll(/\s+/g, " ").trim()

/** A saved prompt without its diffs: the next one brings its own, and an old one would only mislead. */
export const withoutDiffs = (prompt: string): string =>
  prompt.replaceAll(
    /<(untrusted-diff)>\n[^]*?\n<\/\1>/g,
    "<$1>\n(left out: the newest state of the diff is further below)\n</$1>"
  )
