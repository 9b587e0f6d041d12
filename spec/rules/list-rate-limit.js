/** For readers: the numbers of x-rate-limit as a table at the end of the document's description. */
export function listRateLimit() {
  /** @type {Record<string, number>} */
  let limits = {};
  return {
    Root: {
      /** @param {any} document */
      enter(document) {
        limits = document["x-rate-limit"] ?? {};
      },
    },
    Info: {
      /** @param {any} info */
      leave(info) {
        const rows = Object.entries(limits).map(([name, most]) => `| \`${name}\` | ${most} |`);
        const head = ["", "| Limit | Most |", "| --- | --- |"];
        info.description = [info.description.trimEnd(), ...head, ...rows].join("\n");
      },
    },
  };
}
