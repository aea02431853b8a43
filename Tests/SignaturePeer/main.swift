// Lets programs in other languages put questions to our signer and verifier:
//   SignaturePeer          answers each line of JSON on standard input with one line
//   SignaturePeer --bench  prints what a verification costs

if CommandLine.arguments.contains("--bench") {
    Benchmark.run()
} else {
    while let line = readLine() {
        print(Question.answer(to: line))
    }
}
