import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { env } from "node:process"
import { type Resource } from "./KubernetesSchema.ts"
import { resourcesOf, temporary } from "./Rendering.ts"

/** One call of kubectl or docker, and what it was given to read. */
export interface Call {
  readonly line: string
  readonly input: string
}

// What needs no cluster is done by the real kubectl; the rest is noted, and answered from the directory `answers`.
const stub = (directory: string, program: string, real: string) =>
  `#!/usr/bin/env bash
set -euo pipefail
if [ ${program} = kubectl ]; then
  case " $* " in *" kustomize "* | *" --dry-run=client "*) exec ${real} "$@" ;; esac
fi
number=$(find ${directory}/calls -name '*.line' | wc -l)
call=${directory}/calls/$(printf '%03d' "$number")
printf '%s' "${program} $*" > "$call.line"
case " $* " in *" -f - "*) cat > "$call.input" ;; esac
if [ -f "${directory}/answers/\${*: -1}" ]; then cat "${directory}/answers/\${*: -1}"; fi
`

/** A shell with a kubectl and a docker that reach nothing: what is done to the cluster is noted down. */
export const stubbedCluster = () => {
  const directory = temporary()
  const real = spawnSync("sh", ["-c", "command -v kubectl"], { encoding: "utf8" }).stdout.trim()
  for (const name of ["bin", "calls", "answers"]) mkdirSync(`${directory}/${name}`)
  for (const program of ["kubectl", "docker"]) {
    writeFileSync(`${directory}/bin/${program}`, stub(directory, program, real))
    chmodSync(`${directory}/bin/${program}`, 0o755)
  }

  const calls = (): ReadonlyArray<Call> =>
    readdirSync(`${directory}/calls`).filter((name) => name.endsWith(".line")).sort().map((name) => {
      const input = `${directory}/calls/${name.replace(".line", ".input")}`
      return {
        line: readFileSync(`${directory}/calls/${name}`, "utf8"),
        input: existsSync(input) ? readFileSync(input, "utf8") : ""
      }
    })

  return {
    directory,
    calls,
    /** Runs a command of a shell in `cwd`, with nothing but `variables` in its environment. */
    run: (command: string, cwd: string, variables: Readonly<Record<string, string>> = {}) => {
      const { status, stderr, stdout } = spawnSync("bash", ["-euo", "pipefail", "-c", command], {
        cwd,
        encoding: "utf8",
        env: { PATH: `${directory}/bin:${env["PATH"]}`, HOME: directory, ...variables }
      })
      return { status, stdout, stderr }
    },
    /** Sets what a call whose last argument this is answers. */
    answer: (argument: string, text: string) => writeFileSync(`${directory}/answers/${argument}`, text),
    /** Applied objects, in order. */
    applied: (): ReadonlyArray<Resource> => calls().flatMap(({ input }) => input === "" ? [] : resourcesOf(input))
  }
}
