import { RegExp as Pattern } from "effect"
import { hideCredentials } from "./SecretPatterns.ts"

/** Text that replaces a secret. */
export const placeholder = "[REDACTED]"

/** Minimum length of a known secret. Shorter ones would hide ordinary words. */
const shortestSecret = 8

/** Minimum length of a line of a multi-line secret (a PEM key) that is hidden on its own. */
const tellingLine = 24

const reverse = (text: string) => Array.from(text).reverse().join("")

/**
 * Base64 forms of a secret inside a longer encoded text: the digits depend on the position modulo 3, and those at
 * either edge on the neighbours, so they are cut off.
 */
const base64Forms = (secret: string): ReadonlyArray<string> =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from("\0".repeat(offset) + secret)
    const digits = bytes.toString("base64")
    const own = digits.slice(Math.ceil(offset * 4 / 3), Math.floor(bytes.length * 4 / 3))
    return offset === 0 ? [own, digits, digits.replace(/=+$/, "")] : [own]
  }).flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")])

/** URL-encoded forms of a secret. A text with half a surrogate pair has none. */
const urlForms = (secret: string): ReadonlyArray<string> =>
  secret.isWellFormed() ? [encodeURIComponent(secret), encodeURI(secret)] : []

const formsOf = (secret: string): ReadonlyArray<string> => {
  const hex = Buffer.from(secret).toString("hex")
  const escaped = JSON.stringify(secret).slice(1, -1)
  const telling = secret.split(/\s*\n\s*/).filter((line) => line.length >= tellingLine && !line.startsWith("-----"))
  return [
    secret,
    escaped,
    reverse(secret),
    hex,
    hex.toUpperCase(),
    ...base64Forms(secret),
    ...urlForms(secret),
    ...telling
  ]
}

/** All texts that reveal a known secret, except those that the placeholder itself contains. */
const needlesOf = (secrets: ReadonlyArray<string>): ReadonlyArray<string> => {
  const forms = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= shortestSecret).flatMap(
    formsOf
  )
  return [...new Set(forms)].filter((form) => form.length >= shortestSecret && !placeholder.includes(form))
}

/** Positions of the needles, in order. */
const placesOf = (
  text: string,
  needles: ReadonlyArray<string>
): ReadonlyArray<readonly [start: number, end: number]> => {
  const places: Array<readonly [number, number]> = []
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
      places.push([at, at + needle.length])
    }
  }
  return places.sort(([a], [b]) => a - b)
}

/** Hides known secrets. All are found before any is cut, so that two overlapping secrets leave no rest. */
const hideKnown = (text: string, needles: ReadonlyArray<string>): string => {
  let [hidden, end] = ["", 0]
  for (const [start, stop] of placesOf(text, needles)) {
    if (start >= end) hidden += text.slice(end, start) + placeholder
    end = Math.max(end, stop)
  }
  return hidden + text.slice(end)
}

const percent = /(?:%(?:25)*[0-9a-f]{2})+/gi

/** A text without URL encoding, also where it was encoded more than once. */
const urlDecoded = (text: string): string =>
  text.replaceAll(percent, (run) => Buffer.from(run.replaceAll(/%(?:25)*(?=[0-9a-f]{2})/gi, ""), "hex").toString())

const eitherCase = (hex: string): string => hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

/** Pattern of a text in URL encoding, whichever of its characters an encoder has left alone. */
const urlPattern = (text: string): RegExp =>
  new RegExp(
    Array.from(text, (character) => {
      const bytes = Array.from(Buffer.from(character), (byte) => eitherCase(byte.toString(16).padStart(2, "0")))
      return `(?:${Pattern.escape(character)}|${bytes.map((byte) => `%(?:25)*${byte}`).join("")})`
    }).join(""),
    "g"
  )

/** Makes the function that hides known secrets in every form. */
const hiderOf = (secrets: ReadonlyArray<string>): (text: string) => string => {
  const needles = needlesOf(secrets)
  const hide = (text: string) => hideKnown(text, needles)
  return (text) => {
    const hidden = hide(text)
    const decoded = urlDecoded(hidden)
    if (decoded === hidden) return hidden
    return needles.filter((needle) => decoded.includes(needle))
      .reduce((rest, needle) => rest.replaceAll(urlPattern(needle), placeholder), hidden)
  }
}

/** Characters without a shape, which would split a secret for us and for no reader; also where they are named. */
const shapeless = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]|\[U\+[0-9A-F]{4,6}\]/gu

/** Hides secrets that characters without a shape split, too. A text in which they split a secret loses them all. */
const alsoSplit = (hide: (text: string) => string) => (text: string): string => {
  const hidden = hide(text)
  const joined = hidden.replaceAll(shapeless, "")
  if (joined.length === hidden.length) return hidden
  const again = hide(joined)
  return again === joined ? hidden : again
}

/** Makes the function that hides known secrets only, and leaves alone what merely looks like one. */
export const makeKnown = (knownSecrets: ReadonlyArray<string>): (text: string) => string =>
  alsoSplit(hiderOf(knownSecrets))

/**
 * Makes the function that every outgoing text goes through: posted comments, suggestions, tool results, logs, errors.
 * It hides the known secrets first (of at least 8 characters; also reversed and in base64, base64url, hex and URL
 * encoding, by whatever encoder), then whatever looks like a credential. Redacting twice changes nothing. It takes linear time.
 */
export const make = (knownSecrets: ReadonlyArray<string>): (text: string) => string => {
  const known = hiderOf(knownSecrets)
  const once = (text: string) => hideCredentials(known(text), placeholder)
  return alsoSplit((text) => {
    // A cut changes what its neighbours stand next to, so a changed text is looked at again. Two rounds end it in
    // practice; the bound is there for texts made to prolong it.
    let before = text
    let after = once(before)
    for (let round = 0; round < 4 && after !== before; round++) [before, after] = [after, once(after)]
    return after
  })
}
