/** Function that replaces one kind of credential by the placeholder. */
export type SecretHider = (text: string, placeholder: string) => string

/** Makes a hider from a pattern. Its groups `before` and `after` stay, because they name what was hidden. */
const hiding = (pattern: RegExp): SecretHider => (text, placeholder) =>
  text.replace(pattern, (...match: ReadonlyArray<unknown>) => {
    const groups = match.at(-1)
    const { after = "", before = "" } = isGroups(groups) ? groups : {}
    return `${before}${placeholder}${after}`
  })

const isGroups = (u: unknown): u is { readonly before?: string; readonly after?: string } =>
  typeof u === "object" && u !== null

/*
 * Every pattern takes linear time: it starts at a fixed text, that text cannot start inside what the pattern goes on
 * to match (or the rest is bounded), and nothing that can fail stands after an unbounded repetition.
 */
const tokens: ReadonlyArray<RegExp> = [
  // Anthropic, OpenAI (project, service account, admin), OpenRouter, Langfuse; then everybody's plain `sk-`.
  /(?<![A-Za-z0-9])sk-(?:ant|proj|svcacct|admin|None|or|lf)-[\w-]{16,}/g,
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9]{20,}/g,
  // Stripe.
  /(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  // GitHub. An installation token may go on with the parts of a JWT.
  /(?<![A-Za-z0-9])gh[pousr]_\w{20,}(?:[.-][\w-]+)?(?:\.[\w-]+)*/g,
  /(?<![A-Za-z0-9])github_pat_\w{20,}/g,
  // GitLab. A routable token has a dotted tail.
  /(?<![A-Za-z0-9])gl(?:pat|rt|rtr|dt|oas|ptt|cbt|imt|ft|ffct|soat|agent)-[\w-]{16,}(?:\.[\w-]+)*/g,
  /(?<![A-Za-z0-9])GR1348941[\w-]{16,}/g,
  // Groq, Google, npm, PyPI, Hugging Face, SendGrid.
  /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{20,}/g,
  /(?<![A-Za-z0-9])AIza[\w-]{30,}/g,
  /(?<![A-Za-z0-9])ya29\.[\w-]{20,}/g,
  /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}/g,
  /(?<![A-Za-z0-9])pypi-[\w-]{32,}/g,
  /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g,
  /(?<![A-Za-z0-9])SG\.[\w-]{16,}\.[\w-]{16,}/g,
  // AWS: the key id, and the secret by the name that it goes under.
  /(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16,}/g,
  /(?<before>\baws_?(?:secret_?access_?key|session_?token)\b["']?\s{0,8}[:=]\s{0,8}["']?)[A-Za-z0-9/+=]{20,}/gi,
  // Slack.
  /(?<![A-Za-z0-9])xox[a-z]-(?:[a-z]-)?[A-Za-z0-9-]{10,}/g,
  /(?<![A-Za-z0-9])xapp-[A-Za-z0-9-]{10,}/g,
  // A JWT: its header is JSON, so its base64 starts with `eyJ`.
  /(?<![\w-])eyJ[\w-]{10,}\.[\w-]{5,}(?:\.[\w-]+){0,3}/g,
  // What an HTTP request authenticates with.
  /(?<before>\bbearer[ \t]{1,8})[A-Za-z0-9._~+/=-]{20,}/gi,
  /(?<before>\bauthorization\b["']?\s{0,8}[:=]\s{0,8}["']?(?:basic|token)[ \t]{1,8})[A-Za-z0-9._~+/=-]{8,}/gi,
  // The password in a URL. Bounded, because it ends at an `@` that need not come; up to the last one, because a
  // password that nobody encoded may hold one itself. A port with a path after it is none, nor is a template's gap.
  new RegExp(
    String.raw`(?<before>:\/\/[^\s/:"<>\x60]{0,256}:)` +
      String.raw`(?!\d{1,5}[/?#]|(?:\$?\{[^}\s]{0,128}\}|\$\w{1,128}|%s|\*{1,64})@)` +
      String.raw`[^\s"<>\x60]{1,512}(?<after>@)`,
    "g"
  )
]

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/g
const keyEnd = /-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/g

/** Lines of base64, also where a diff, a quote or a line number stands before each. */
const keyLines = /(?:(?:\\[nr]|[\s>|:+-]|\d{1,6}[\t:|]){1,40}[A-Za-z0-9+/=]{16,})*/y

/** The end of a key without its last line: cut off, or never closed. */
const endOfKeyLines = (text: string, from: number): number => {
  keyLines.lastIndex = from
  return from + (keyLines.exec(text)?.[0].length ?? 0)
}

/** Hides a private key as a whole, from its first line to its last. */
const hidePrivateKeys: SecretHider = (text, placeholder) => {
  const begins = [...text.matchAll(keyBegin)]
  if (begins.length === 0) return text
  const ends = [...text.matchAll(keyEnd)].map((match) => match.index + match[0].length)
  let [hidden, done, nextEnd] = ["", 0, 0]
  for (const [index, begin] of begins.entries()) {
    const opened = begin.index + begin[0].length
    while (nextEnd < ends.length && (ends[nextEnd] ?? 0) <= opened) nextEnd++
    const end = ends[nextEnd]
    const closed = end !== undefined && end <= (begins[index + 1]?.index ?? text.length)
    hidden += text.slice(done, begin.index) + placeholder
    done = closed ? end : endOfKeyLines(text, opened)
  }
  return hidden + text.slice(done)
}

/**
 * The beginnings of the patterns in which case counts, and of those in which it does not. A pattern whose beginning is
 * missing here hides nothing.
 */
const beginnings = [
  new RegExp(
    "sk-|k_(?:live|test)_|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|GR1348941|gsk_|AIza|ya29[.]|npm_|pypi-|hf_|SG[.]|" +
      "A(?:KIA|SIA|BIA|CCA)|xox|xapp-|eyJ|:[/][/]|-----BEGIN "
  ),
  /aws_?se|bearer|authorization/i
]

const secretPatterns: ReadonlyArray<SecretHider> = [hidePrivateKeys, ...tokens.map(hiding)]

/** Hides what looks like a credential, most specific first. A line of the log seldom has the beginning of one. */
export const hideCredentials: SecretHider = (text, placeholder) =>
  beginnings.some((beginning) => beginning.test(text))
    ? secretPatterns.reduce((hidden, hide) => hide(hidden, placeholder), text)
    : text
