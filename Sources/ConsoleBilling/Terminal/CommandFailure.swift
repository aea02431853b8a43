import ArgumentParser

/// Why a command failed: the exit code, and the message for standard error.
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
    /// Runs a command's work, prints a failure on standard error and exits with its code.
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
