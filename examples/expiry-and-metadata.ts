import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("expiry and metadata");
const sessions = kv.namespace(id);

// #region json
// JSON is text to the service: write it as text, and read it as "json".
interface Session {
  user: string;
  roles: string[];
}
const session: Session = { user: "ada", roles: ["admin"] };
await sessions.put("session:1", JSON.stringify(session));
const read = await sessions.get<Session>("session:1", "json");
console.log(read?.roles);
// #endregion json

// #region expiry
// Gone an hour after it was written, or at a moment in seconds since the epoch.
await sessions.put("session:2", "…", { expirationTtl: 3600 });
await sessions.put("session:3", "…", { expiration: Math.floor(Date.now() / 1000) + 86_400 });
const { expiration } = await sessions.getWithMetadata("session:3");
console.log(expiration && new Date(expiration * 1000));
// #endregion expiry

// #region metadata
// Up to 1,024 bytes of JSON beside the value. Lists bring it along, so it is read without reading values.
await sessions.put("session:4", "…", { metadata: { device: "phone", seen: 1_790_000_000 } });
console.log(await sessions.metadata("session:4"));
for await (const { name, metadata } of sessions.list<{ device?: string }>({ prefix: "session:" })) {
  console.log(name, metadata?.device ?? "no device");
}
// #endregion metadata
