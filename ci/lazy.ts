/**
 * Modules of a bundle that are loaded when the first of their functions is called, and not with the program: a server
 * that has no job yet needs none of the code that reviews. The sources import them as any other: only the bundle differs.
 */
import { basename } from "node:path"
import type { Plugin } from "rolldown"

/** Name of a module's file in the bundle. */
export const nameOf = (path: string) => basename(path, ".ts")

const prefix = "\0lazy:"

/** True for a function, and not for a class or a value: nothing of those can be had without loading the module. */
const isPlain = (value: unknown) =>
  typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value))

/**
 * Source of a module with the same functions, which loads the other at the first call. Of what else that one exports it
 * has nothing: who imports that ends the build.
 */
const sourceOf = async (path: string): Promise<string> => {
  const exports: Readonly<Record<string, unknown>> = await import(path)
  const names = Object.keys(exports).filter((name) => isPlain(exports[name]))
  return [
    "import { createRequire } from \"node:module\"",
    "let its",
    `const load = () => its ??= createRequire(import.meta.url)("./${nameOf(path)}.js")`,
    ...names.map((name) => `export function ${name}(...given) { return load().${name}(...given) }`)
  ].join("\n")
}

/** The plugin of the bundler. Each of the modules is an input of the bundle, too. */
export const lazy = (paths: ReadonlyArray<string>): Plugin => ({
  name: "lazy",
  resolveId: {
    // An import that cannot mean one of them stays in the bundler, which has thousands.
    filter: { id: new RegExp(`/(?:${paths.map(nameOf).join("|")})(?:\\.ts)?$`) },
    async handler(source, importer, options) {
      if (importer === undefined || options.kind !== "import-statement") return null
      const found = await this.resolve(source, importer, { ...options, skipSelf: true })
      return found !== null && paths.includes(found.id) ? `${prefix}${found.id}` : null
    }
  },
  load: {
    filter: { id: new RegExp(`^${prefix}`) },
    handler: async (id) => ({ code: await sourceOf(id.slice(prefix.length)), moduleSideEffects: false })
  }
})
