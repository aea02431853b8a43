import ArgumentParser

/// Why a command ends without having done its work, in words for whoever called it.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { message }
}

extension AsyncParsableCommand {
    /// Does a command's work; what stops it is said on standard error and becomes the exit code.
    func reportingFailures(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let failure as CommandFailure {
            throw Sysexits.fail(failure.code, failure.message)
        } catch let error as ConfigurationError {
            throw Sysexits.fail(Sysexits.configuration, "\(error)")
        } catch let error as EventFiles.Unreadable {
            throw Sysexits.fail(Sysexits.badData, error.description)
        }
    }
}
