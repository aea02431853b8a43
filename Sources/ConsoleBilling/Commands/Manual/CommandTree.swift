import ArgumentParser
import Foundation

/// The commands as described by the argument parser, for the manual and the reference.
struct CommandTree: Decodable {
    struct Command: Decodable {
        let commandName: String
        let superCommands: [String]?
        let shouldDisplay: Bool?
        let abstract: String?
        let discussion: String?
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// Such as `console-billing events list`.
        var fullName: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

        /// The command's own options and arguments, without `--help` and `--version`, which every command
        /// has.
        var ownArguments: [Argument] {
            (arguments ?? []).filter { argument in
                argument.shouldDisplay
                    && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
            }
        }

        /// The command and its visible subcommands in order, without `help`.
        var displayed: [Command] {
            guard shouldDisplay ?? true, commandName != "help" else { return [] }
            return [self] + (subcommands ?? []).flatMap(\.displayed)
        }
    }

    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            let kind: String
            let name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: Kind
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?

        /// The usage text: `--limit <limit>`, `--all`, `<ids> ...`.
        var spelling: String {
            let value = "<\(valueName ?? "value")>"
            let name = names?.first?.text ?? ""
            let text =
                switch kind {
                case .positional: value
                case .option: "\(name) \(value)"
                case .flag: name
                }
            return text + (isRepeating ? " ..." : "")
        }

        /// The description, with the accepted values and the default.
        var meaning: String {
            var text = abstract ?? ""
            if let allValues { text += " One of \(allValues.joined(separator: ", "))." }
            // The default of a flag is always false.
            if let defaultValue, kind != .flag, !text.contains("default") {
                text += " Default: \(defaultValue)."
            }
            return text
        }
    }

    let command: Command

    /// - Throws: A decoding error, if a new version of the parser describes commands differently.
    init(of root: any ParsableCommand.Type) throws {
        var description = ""
        do {
            // The parser answers this option with the description, as it answers --help with the help.
            _ = try root.parseAsRoot(["--experimental-dump-help"])
        } catch {
            description = root.fullMessage(for: error)
        }
        self = try JSONDecoder().decode(CommandTree.self, from: Data(description.utf8))
    }

    /// All visible commands.
    var commands: [Command] { command.displayed }
}

/// A block of a command's discussion: a paragraph, a heading in capitals, or example commands.
enum DiscussionBlock: Equatable {
    case paragraph(String)
    case heading(String)
    /// Example commands, to be kept line by line.
    case literal([String])

    static func blocks(of discussion: String) -> [DiscussionBlock] {
        var blocks: [DiscussionBlock] = []
        var isExamples = false
        for section in discussion.split(separator: "\n\n", omittingEmptySubsequences: true) {
            var lines = section.split(separator: "\n").map(String.init)
            if let first = lines.first, first == first.uppercased(), first.contains(where: \.isLetter) {
                blocks.append(.heading(first))
                isExamples = first.hasPrefix("EXAMPLE")
                lines.removeFirst()
            }
            guard !lines.isEmpty else { continue }
            let trimmed = lines.map { $0.trimmingCharacters(in: .whitespaces) }
            blocks.append(isExamples ? .literal(trimmed) : .paragraph(trimmed.joined(separator: " ")))
        }
        return blocks
    }
}
