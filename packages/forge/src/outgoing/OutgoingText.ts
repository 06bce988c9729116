import { Finding } from "@nominal-code/domain/review/Finding"
import { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { fit } from "../Markdown.ts"
import { isSafeSuggestion, type OutgoingTextRules, plain, sanitise } from "./Sanitise.ts"

/** The one gate to a forge: every text that we post passes it, after every cut and right before it is sent. */
export interface OutgoingText {
  /** Markdown of at most `longest` characters. */
  markdown(text: string, longest: number): string
  /** Text that nobody reads as Markdown, of at most `longest` characters. */
  plain(text: string, longest: number): string
  /** The suggestion; undefined for one that must not be posted. It is not repaired: one click puts it into the code. */
  suggestion(code: string | undefined, longest: number): string | undefined
}

/** Host and port of an address, in lower case; empty if it is none. */
export const hostOfUrl = (url: string): string => URL.parse(url)?.host.toLowerCase() ?? ""

/** `act`: breaks what one forge acts on beside what every forge does. */
export const makeOutgoingText = (
  rules: OutgoingTextRules,
  act: (text: string) => string = (text) => text
): OutgoingText => ({
  markdown: (text, longest) => {
    // What is cleaned may be longer than before. It is cut again then, and cleaned after that cut, too.
    let room = longest
    while (room > 0) {
      const cleaned = act(sanitise(fit(text, room), rules))
      if (cleaned.length <= longest) return cleaned
      room = Math.floor(room * Math.min(0.9, longest / cleaned.length))
    }
    return ""
  },
  plain: (text, longest) => plain(text, rules).slice(0, longest),
  suggestion: (code, longest) =>
    code !== undefined && code.length <= longest && isSafeSuggestion(code, rules) ? code : undefined
})

/** Maximum length of a text that is not posted, but shown here. */
const longestShown = 1_000_000

/** A review whose texts are fit to be shown where no forge is. */
export const shownDraft = (text: OutgoingText, draft: ReviewDraft): ReviewDraft =>
  new ReviewDraft({
    ...draft,
    summary: text.markdown(draft.summary, longestShown),
    comments: draft.comments.map(({ finding, fingerprint }) => {
      const { suggestion: given, ...rest } = finding
      const suggestion = text.suggestion(given, longestShown)
      const body = text.markdown(finding.body, longestShown)
      return new InlineComment({
        fingerprint,
        finding: new Finding({ ...rest, body, ...(suggestion === undefined ? {} : { suggestion }) })
      })
    })
  })
