import ArgumentParser
import Testing

@testable import ConsoleBilling

/// Help and completions: it holds for commands that are yet to be written.
struct CommandTreeTests {
    private static let commands = (try? DumpedCommand.all()) ?? []

    @Test func `the commands are found`() {
        let names = Set(Self.commands.map(\.fullName))
        #expect(
            names.isSuperset(of: ["console-billing", "console-billing serve", "console-billing events list"])
        )
    }

    @Test func `every command has a one-sentence description and examples`() {
        for command in Self.commands {
            #expect(command.abstract.hasSuffix("."), "\(command.fullName) has no abstract")
            #expect(!command.examples.isEmpty, "\(command.fullName) has no examples")
        }
    }

    @Test func `every option and argument has a description`() {
        for command in Self.commands {
            #expect(!command.descriptions.contains(""), "\(command.fullName)")
        }
    }

    @Test func `every example is one that the program takes`() {
        var count = 0
        for command in Self.commands {
            for words in command.examples.flatMap(Self.calls) {
                count += 1
                if words.contains("--generate-completion-script") { continue }
                #expect(throws: Never.self, "\(command.fullName): \(words.joined(separator: " "))") {
                    _ = try ConsoleBilling.parseAsRoot(words)
                }
            }
        }
        #expect(count > Self.commands.count)
    }

    /// The calls of our program in a line for a shell, each as its arguments.
    private static func calls(in line: String) -> [[String]] {
        line.split(whereSeparator: { $0 == "|" || $0 == "&" }).compactMap { part in
            var words: [String] = []
            var isQuoted = false
            var substitutions = 0
            var word = ""
            for character in part {
                if character == "(" { substitutions += 1 }
                if character == ")" { substitutions -= 1 }
                switch character {
                case "'": isQuoted.toggle()
                case " " where !isQuoted && substitutions == 0:
                    if !word.isEmpty { words.append(word) }
                    word = ""
                default: word.append(character)
                }
            }
            if !word.isEmpty { words.append(word) }
            guard let start = words.firstIndex(of: "console-billing") else { return nil }
            let end = words[start...].firstIndex { ["<", ">", ">>"].contains($0) } ?? words.endIndex
            return Array(words[(start + 1)..<end])
        }
    }

    // MARK: Commands that there are none of

    @Test func `every command states its name, by which it is found`() {
        func names(below command: any ParsableCommand.Type) -> [String?] {
            command.configuration.subcommands.flatMap { [$0.configuration.commandName] + names(below: $0) }
        }
        let stated = names(below: ConsoleBilling.self)
        #expect(stated.count > 20)
        #expect(!stated.contains(nil))
    }

    @Test(
        arguments: [
            (["replya"], "Did you mean `console-billing replay`?"),
            (["events", "qarantine"], "Did you mean `console-billing events quarantine`?"),
            (["help", "statz"], "Did you mean `console-billing stats`?"),
            (["keys", "xxxxxxxx"], "There are new."),
        ]
    )
    func `a command that there is none of is met with the one that was meant`(
        arguments: [String],
        hint: String
    ) throws {
        let misspelt = try #require(MisspeltCommand.find(in: arguments, of: ConsoleBilling.self))
        #expect(misspelt.message.contains(hint), "\(misspelt.message)")
    }

    @Test(
        arguments: [
            [], ["events"], ["events", "list"], ["help"], ["help", "events", "list"], ["--version"],
            ["trigger", "purchas"], ["replay", "nonsense"], ["events", "--help"], ["keys", "new", "nwe"],
        ]
    )
    func `a word that is no command's name is left to the command`(arguments: [String]) {
        #expect(MisspeltCommand.find(in: arguments, of: ConsoleBilling.self) == nil)
    }
}
