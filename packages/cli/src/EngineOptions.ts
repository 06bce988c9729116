/**
 * Options of V8 for the processes of the command, which `NODE_OPTIONS` does not allow. They are set before the program is
 * loaded, and after Node's own modules: V8 compiles again what was compiled under other options.
 */
import { getBuiltinModule } from "node:process"
import { setFlagsFromString } from "node:v8"

/**
 * Modules of Node that every command loads, with what they load themselves. Node's executable has them compiled, for V8's
 * own options only: loaded after `set`, 65 modules were compiled anew at each start.
 */
const modules = [
  "node:child_process",
  "node:crypto",
  "node:dgram",
  "node:fs/promises",
  "node:http",
  "node:https",
  "node:readline",
  "node:readline/promises",
  "node:worker_threads",
  "node:zlib"
]

/** Loads the modules of Node that every command needs, before the options are set. */
export const loadModulesOfNode = (): void => {
  for (const name of modules) getBuiltinModule(name)
}

/**
 * Maximum growth of the heap, in percent of what the last collection has left. By itself V8 waits for four
 * times as much where the machine has memory, and keeps that for good: a flood of deliveries, or one large review, would
 * be paid for as long as a server runs.
 */
const heapGrowth = "--heap-growing-percent=60"

/**
 * Flags that keep V8 from optimizing WebAssembly, which is the parser of sources. A review parses a few files, for which
 * that takes longer than it gains. Of a grammar's largest function it takes half a gigabyte (Kotlin's), for which one
 * short file is enough.
 */
const parserAsItIs = ["--liftoff-only", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]

/** Sets the options, for this process and its threads. */
export const set = (): void => {
  for (const option of [heapGrowth, ...parserAsItIs]) setFlagsFromString(option)
}

/**
 * Options that begin no more compilation beside the program. `process.exit` waits for V8's threads, and one of them that
 * compiles may wait for a collection of garbage, for which the main thread no longer has time: such a process never ended.
 */
const noCompilation = ["--no-opt", "--no-maglev", "--no-sparkplug"]

/** Time in milliseconds in which what is being compiled comes to its end. */
const compiledWithin = 20

/** Begins no more compilation, and calls back when the process may exit. */
export const endCompilation = (then: () => void): void => {
  for (const option of noCompilation) setFlagsFromString(option)
  setTimeout(then, compiledWithin)
}
