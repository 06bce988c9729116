/**
 * Chunks of a bundle in ASCII. One other character in a chunk, and V8 keeps two bytes for each of its characters, for as
 * long as a process runs.
 */
import type { Plugin } from "rolldown"

/** The code with escapes for all other characters. */
const escaped = (code: string): string => {
  const unsafe = /raw`[^`]*[^\0-\x7f]/.exec(code)
  if (unsafe !== null) throw new Error(`a raw template has a character that cannot be escaped: ${unsafe[0].slice(-80)}`)
  return code.replaceAll(/[^\0-\x7f]/g, (one) => String.raw`\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** The plugin of the bundler. */
export const ascii: Plugin = {
  name: "ascii",
  generateBundle: (_options, bundle) => {
    for (const chunk of Object.values(bundle)) if (chunk.type === "chunk") chunk.code = escaped(chunk.code)
  }
}
