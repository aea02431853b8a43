import ArgumentParser
import Cryptography
import Scenarios
import Web

extension Scope: ExpressibleByArgument {}

/// `console-billing keys`: makes API keys.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make API keys.",
        discussion: """
            A key is valid while API_KEYS has an entry for it, which holds only the key's hash. Remove the entry to revoke it.

            EXAMPLES
              console-billing keys new prometheus --scope metrics:read
            """,
        subcommands: [New.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Make a key and show it once.",
            discussion: """
                The service keeps only the key's hash: add the printed entry to API_KEYS, and give the key to its user. A \
                lost key must be replaced by a new one.

                EXAMPLES
                  console-billing keys new console --scope feed:read --scope sessions:write
                """
        )

        @Argument(help: "The name of the key's user: letters, digits, - and _.")
        var name: String

        @Option(help: "A scope that the key has; repeat for more.")
        var scope: [Scope] = []
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard name.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil else {
                throw ValidationError("A name has letters, digits, - and _, and 64 of them at most.")
            }
            guard !scope.isEmpty else { throw ValidationError("Give at least one --scope.") }
        }

        func run() async throws {
            let new = NewKey(name: name, scopes: scope)
            switch output.chosen {
            case .human:
                Terminal.line("key      \(new.key)")
                Terminal.line("API_KEYS \(new.entry)")
                Terminal.line(
                    "\nThe key is shown only now. Add the entry to API_KEYS, after a comma if there are others.",
                    to: .error
                )
            case .json:
                let line: OrderedJSON = [
                    "object": "api_key",
                    "name": .string(name),
                    "scopes": .array(new.scopes.map { .string($0.rawValue) }),
                    "key": .string(new.key),
                    "entry": .string(new.entry),
                ]
                Terminal.line(line.compact)
            }
        }
    }
}

/// A new API key, and its entry for the service.
struct NewKey {
    let key: String
    let name: String
    /// Without duplicates, in the order of the documentation.
    let scopes: [Scope]

    init(name: String, scopes: [Scope]) {
        self.name = name
        self.scopes = Scope.allCases.filter(scopes.contains)
        // 43 characters from an alphabet of 62 hold 256 bits of randomness from the system's generator.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        key = "cbk_" + String((0..<43).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    }

    /// The entry for `API_KEYS`: `name:sha256hex:scope+scope`.
    var entry: String {
        let digest = SHA256Digest(of: Array(key.utf8)).hex
        return "\(name):\(digest):\(scopes.map(\.rawValue).joined(separator: "+"))"
    }
}
