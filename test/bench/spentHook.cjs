// Writes, at the end of a process, its CPU time in milliseconds and its greatest memory in MiB.
process.on("exit", () => {
  const { system, user } = process.cpuUsage()
  const memory = process.resourceUsage().maxRSS / 1024
  process.stderr.write(`\n${JSON.stringify({ cpu: (user + system) / 1e3, memory })}`)
})
