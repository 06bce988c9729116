/**
 * Node's own modules in a bundle. An import of one goes through a facade that reads every export when it is loaded: that
 * of `node:http` so loads undici, 30 ms, and that of `node:crypto` Web Crypto. `process.getBuiltinModule` reads nothing.
 */
import type { Plugin } from "rolldown"

const named = (names: string) => names.replaceAll(/\b([\w$]+) as ([\w$]+)/g, "$1: $2")

/** The statement for what follows `import`: a name for the whole module, names of its exports, or both. */
const statementOf = (imported: string, module: string): string => {
  const [, whole, names] = /^(?:\* as )?([\w$]+)?(?:, )?(\{[^}]*\})?$/.exec(imported.trim()) ?? []
  const taken = [whole, names === undefined ? undefined : named(names)].filter((one) => one !== undefined)
  return `const ${taken.map((one) => `${one}=globalThis.process.getBuiltinModule("${module}")`).join(",")};`
}

/** The plugin of the bundler. */
export const builtins: Plugin = {
  name: "builtins",
  renderChunk: (code) =>
    code.replaceAll(
      /^import ([^"';]+?) from "(node:[\w/]+)";$/gm,
      (_, imported: string, module: string) => statementOf(imported, module)
    )
}
