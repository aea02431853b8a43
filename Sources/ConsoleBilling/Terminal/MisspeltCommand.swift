import ArgumentParser
import JSON

/// An unknown command name, with the known ones at its place.
struct MisspeltCommand: Equatable {
    /// The unknown word.
    let word: String
    /// The commands before it, such as `console-billing events`.
    let place: String
    /// The commands that exist at this place.
    let names: [String]

    /// Finds an unknown command name in a command line without the program's name.
    static func find(in arguments: [String], of root: any ParsableCommand.Type) -> MisspeltCommand? {
        // `help` is a command of the root and is followed by command names.
        find(
            in: arguments.first == "help" ? arguments.dropFirst() : arguments[...],
            below: root,
            root.name
        )
    }

    private static func find(
        in words: ArraySlice<String>,
        below command: any ParsableCommand.Type,
        _ place: String
    ) -> MisspeltCommand? {
        let subcommands = command.configuration.subcommands
        guard let word = words.first, !word.hasPrefix("-"), !subcommands.isEmpty else { return nil }
        if let next = subcommands.first(where: { $0.name == word }) {
            return find(in: words.dropFirst(), below: next, "\(place) \(word)")
        }
        let names = subcommands.filter { $0.configuration.shouldDisplay }.map { $0.name }
        return MisspeltCommand(word: word, place: place, names: names)
    }

    var message: String {
        let hint =
            Spelling.nearest(to: word, among: names).map { "Did you mean `\(place) \($0)`?" }
            ?? "There are \(names.joined(separator: ", "))."
        return
            "There is no command `\(place) \(printable(word))`. \(hint) `\(place) --help` describes each."
    }
}

extension ParsableCommand {
    /// The command's name; each of ours states it.
    static var name: String { configuration.commandName ?? "" }
}
