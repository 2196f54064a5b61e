#!/usr/bin/env bash
# StackExchange.Redis 3.4.35, with Redis 7.0 as Debian has it: a condition StringEqual holds for another text, if both are numbers of the same value.
#
# Expected: Condition.StringEqual and HashEqual compare what Redis holds, bytes, as a Lua script does: "1.10" is not "1.1",
#           "007" is not "7". A lock is released by the token that took it, and by no other.
# Seen:     the client compares two RedisValues, and those compare as numbers whenever both texts look like numbers, 64-bit integers exactly
#           and others as doubles. A compare-and-set of a version "1.10" goes through for who expects "1.1", and a lock taken with a token of
#           21 digits is released with one that differs in its last digit. Fields "01" and "1" of one hash end HashGetAll().ToDictionary()
#           with an exception, and Distinct() of a set's members, which differ by definition, drops some.
# So texts that may look like numbers (versions, codes, ids) get a letter before them, or are compared in a script.
# Redis 8.4 and newer compare by themselves where the client has them do it (ValueCondition); the server here is older.
# Needs redis-server (Debian's package of that name) on the path.
set -euo pipefail
version=3.4.35
command -v redis-server >/dev/null || { echo "redis-server is not installed."; exit 1; }
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="StackExchange.Redis" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using StackExchange.Redis;

using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{args[0]}");
IDatabase database = connection.GetDatabase();
foreach ((string held, string expected) in new[] { ("1.10", "1.1"), ("007", "7"), ("1e3", "1000"), ("v1.10", "v1.1") })
{
    await database.StringSetAsync("version", held);
    ITransaction transaction = database.CreateTransaction();
    transaction.AddCondition(Condition.StringEqual("version", expected));
    _ = transaction.StringSetAsync("version", "next");
    bool isDone = await transaction.ExecuteAsync();
    RedisResult script = await database.ScriptEvaluateAsync(
        "redis.call('SET', KEYS[1], ARGV[1]) if redis.call('GET', KEYS[1]) == ARGV[2] then return 1 else return 0 end",
        ["version"], [held, expected]);
    Console.WriteLine($"{held} held, {expected} expected: transaction {isDone}, script {(bool)script}");
}

await database.LockTakeAsync("lock", "123456789012345678901", TimeSpan.FromMinutes(1));
bool isReleased = await database.LockReleaseAsync("lock", "123456789012345678902");
Console.WriteLine($"lock released with another token: {isReleased}");

await database.SetAddAsync("codes", ["01", "1", "1.0"]);
RedisValue[] codes = await database.SetMembersAsync("codes");
Console.WriteLine($"members {codes.Length}, distinct {codes.Distinct().Count()}");
await database.HashSetAsync("names", [new("01", "first"), new("1", "second")]);
try
{
    Console.WriteLine($"fields {(await database.HashGetAllAsync("names")).ToDictionary().Count}");
}
catch (ArgumentException error)
{
    Console.WriteLine($"fields: {error.GetType().Name}");
}
EOF

port=$((20000 + RANDOM % 20000))
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" >redis.log 2>&1 &
server=$!
dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build -- "$port")
echo "StackExchange.Redis $version"
echo "$seen"
expected="1.10 held, 1.1 expected: transaction True, script False
007 held, 7 expected: transaction True, script False
1e3 held, 1000 expected: transaction True, script False
v1.10 held, v1.1 expected: transaction False, script False
lock released with another token: True
members 3, distinct 1
fields: ArgumentException"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: other texts count as equal when they are the same number."
