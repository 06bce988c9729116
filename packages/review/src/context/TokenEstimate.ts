/** Estimates of how many tokens a text is to a model, before the model has told. */

/**
 * Tokens of one ASCII character of code, as the tokenizers of the large services have it on average. Digits and signs
 * make short tokens, letters long ones.
 */
const ascii = Float64Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[a-z]/.test(character)) return 0.23
  if (/[A-Z]/.test(character)) return 0.36
  if (/\d/.test(character)) return 0.6
  return character === " " ? 0.08 : 0.7
})

/** First of the scripts that have about a token to a character: ideographs, kana, Hangul, emoji. */
const ideographs = 0x2e80

/** 1 for the characters of hashes, keys and encoded bytes. */
const encoding = Uint8Array.from({ length: 128 }, (_, code) => Number(/[\w+/=-]/.test(String.fromCharCode(code))))

/** Tokens of a run of such characters beside those of each one. A run of so many is no word. */
const denseIn = (run: number): number => run < 40 ? 0 : run * 0.3

/** Tokens of a text, estimated by its scripts and its density, rather too high than too low. */
export const tokensIn = (text: string): number => {
  let [tokens, run] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    tokens += ascii[code] ?? (code < ideographs ? 0.5 : 1)
    if (encoding[code] === 1) run += 1
    else {
      tokens += denseIn(run)
      run = 0
    }
  }
  return Math.ceil(tokens + denseIn(run))
}
