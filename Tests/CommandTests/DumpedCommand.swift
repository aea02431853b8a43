import ArgumentParser
import Foundation
import JSON

@testable import ConsoleBilling

/// A command as the parser itself describes it (`--experimental-dump-help`).
struct DumpedCommand {
    let fullName: String
    let abstract: String
    /// The lines below EXAMPLES.
    let examples: [String]
    /// Such as `--limit`.
    let options: [String]
    /// The descriptions of the options and arguments; empty where there is none.
    let descriptions: [String]

    static func all() throws -> [DumpedCommand] {
        var description = ""
        do {
            _ = try ConsoleBilling.parseAsRoot(["--experimental-dump-help"])
        } catch {
            description = ConsoleBilling.fullMessage(for: error)
        }
        return try JSONValue.read(Array(description.utf8)) { json in json["command"].map(displayed) ?? [] }
    }

    private static func displayed(_ json: JSONValue) -> [DumpedCommand] {
        guard json.bool("shouldDisplay") ?? true, json.string("commandName") != "help" else { return [] }
        return [DumpedCommand(json)] + (json["subcommands"]?.elements ?? []).flatMap(displayed)
    }

    private init(_ json: JSONValue) {
        let path = json["superCommands"]?.elements?.compactMap(\.string) ?? []
        fullName = (path + [json.string("commandName") ?? ""]).joined(separator: " ")
        abstract = json.string("abstract") ?? ""
        let parts = (json.string("discussion") ?? "").components(separatedBy: "EXAMPLES\n")
        let lines = parts.count == 2 ? parts[1].components(separatedBy: "\n\n")[0] : ""
        examples = lines.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let arguments = (json["arguments"]?.elements ?? []).filter { $0.bool("shouldDisplay") ?? true }
        options = arguments.flatMap { $0["names"]?.elements ?? [] }.compactMap { name in
            name.string("name").map { name.string("kind") == "long" ? "--\($0)" : "-\($0)" }
        }
        descriptions = arguments.map { $0.string("abstract") ?? "" }
    }
}
