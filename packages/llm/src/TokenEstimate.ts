/**
 * Bytes per token of an estimate, low enough that it is rather too high than too low. Bytes, because a character of
 * Chinese or Japanese has three of them, and about one token.
 */
const bytesPerToken = 3

/** Number of tokens that so many bytes of text have at most. */
export const tokensInBytes = (bytes: number): number => Math.ceil(bytes / bytesPerToken)
