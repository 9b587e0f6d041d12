/**
 * What clients do with the same task, on the same local server. The site shows it, and its tests do each task
 * anew with the real packages and compare (docs/test/comparison.test.ts).
 */

/** The versions that it is about; the tests read the installed ones. */
export const versions = { cloudflare: "7.3.0", unstorage: "1.17.6", wrangler: "4.86.0" } as const;

export type Client = "workers-kv-rest" | "cloudflare" | "unstorage";

export interface Row {
  task: string;
  /** What came of it, as the site shows it. */
  outcomes: Readonly<Record<Client, string>>;
}

export const comparison = {
  lineEnds: {
    task: "Write two lines of text with metadata, read them back",
    outcomes: { "workers-kv-rest": "as written", cloudflare: "**LF became CRLF**", unstorage: "no metadata" },
  },
  metadata: {
    task: 'Write metadata `{ by: "ada" }`, given as an object',
    outcomes: { "workers-kv-rest": "kept", cloudflare: "**lost**", unstorage: "no metadata" },
  },
  bytes: {
    task: "Write 4 bytes that are no text: what is stored",
    outcomes: {
      "workers-kv-rest": "the bytes",
      cloudflare: "**refused**",
      unstorage: "**text: `base64:/wANCg==`**",
    },
  },
  key: {
    task: "Write the keys `a?b` and `a?c`",
    outcomes: { "workers-kv-rest": "2 keys", cloudflare: "2 keys", unstorage: "**1 key: `a`**" },
  },
  emptyPage: {
    task: "List 2,000 keys, with an empty page in their midst",
    outcomes: { "workers-kv-rest": "2,000", cloudflare: "**1,000**", unstorage: "2,000" },
  },
  leftUndone: {
    task: "Write 100 pairs, of which the service leaves 7 undone",
    outcomes: {
      "workers-kv-rest": "100 written",
      cloudflare: "93, and 7 named",
      unstorage: "no bulk writes",
    },
  },
  read: {
    task: "Requests to read 1,000 values",
    outcomes: {
      "workers-kv-rest": "10",
      cloudflare: "**1,000**, or 10 by your own loop",
      unstorage: "**1,000**",
    },
  },
  write: {
    task: "Requests to write 25,000 pairs",
    outcomes: {
      "workers-kv-rest": "3",
      cloudflare: "**refused**, or 3 by your own loop",
      unstorage: "**25,000**",
    },
  },
} as const satisfies Record<string, Row>;

export type Task = keyof typeof comparison;
