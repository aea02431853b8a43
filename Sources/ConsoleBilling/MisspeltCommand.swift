import ArgumentParser

/// A command that there is none of, and the one that was probably meant.
struct MisspeltCommand: Equatable {
    /// What was written where a command's name belongs.
    let word: String
    /// The commands before it, such as `console-billing events`.
    let place: String
    /// The names that there are in its place.
    let names: [String]

    /// Looks for one in a command line.
    ///
    /// - Parameters:
    ///   - arguments: The command line without the program's name.
    ///   - root: The program.
    /// - Returns: `nil` where each command is one that there is.
    static func find(in arguments: [String], of root: any ParsableCommand.Type) -> MisspeltCommand? {
        // `help` is of the program itself, and is followed by the names of commands too.
        find(
            in: arguments.first == "help" ? arguments.dropFirst() : arguments[...],
            below: root,
            root._commandName
        )
    }

    private static func find(
        in words: ArraySlice<String>,
        below command: any ParsableCommand.Type,
        _ place: String
    ) -> MisspeltCommand? {
        let subcommands = command.configuration.subcommands
        guard let word = words.first, !word.hasPrefix("-"), !subcommands.isEmpty else { return nil }
        if let next = subcommands.first(where: { $0._commandName == word }) {
            return find(in: words.dropFirst(), below: next, "\(place) \(word)")
        }
        let names = subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        return MisspeltCommand(word: word, place: place, names: names)
    }

    var message: String {
        let hint =
            Spelling.nearest(to: word, among: names).map { "Did you mean `\(place) \($0)`?" }
            ?? "There are \(names.joined(separator: ", "))."
        return
            "There is no command `\(place) \(printable(word))`. \(hint) `\(place) --help` tells what each does."
    }
}
