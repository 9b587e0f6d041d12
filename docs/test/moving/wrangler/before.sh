# #region script
id=$NAMESPACE_ID
wrangler kv key put --remote --namespace-id "$id" theme dark --ttl 3600
wrangler kv key get --remote --namespace-id "$id" theme --text

# Many pairs, from a file.
node -e 'console.log(JSON.stringify(
  Array.from({ length: 1500 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }))
))' > pairs.json
wrangler kv bulk put --remote --namespace-id "$id" pairs.json > bulk.log

# All keys with a prefix.
wrangler kv key list --remote --namespace-id "$id" --prefix user: > keys.json
node -p 'JSON.parse(fs.readFileSync("keys.json", "utf8")).length'

# Many values: 100 keys at the most.
node -e 'const keys = JSON.parse(fs.readFileSync("keys.json", "utf8"));
  console.log(JSON.stringify(keys.slice(0, 100).map(({ name }) => name)))' > some.json
wrangler kv bulk get --remote --namespace-id "$id" some.json > values.json
# #endregion script
