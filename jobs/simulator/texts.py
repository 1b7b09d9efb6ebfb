"""Believable words: models, job names, answers and errors. Error texts follow WIRE 1.8, 1.9 and 2.5."""

GENERATE_MODELS = (
    "gemini-2.5-flash",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-2.5-pro",
    "gemini-3-flash-preview",
    "gemini-3-pro-preview",
)
EMBED_MODELS = ("gemini-embedding-001",)
MODELS = (
    *dict.fromkeys((*GENERATE_MODELS, *EMBED_MODELS)),
    "gemini-2.0-flash",
    "gemini-3-pro-image-preview",
)
ACCOUNT_NAMES = (
    "search-prod",
    "support-eval",
    "catalog-vertex",
    "trust-safety",
    "growth-experiments",
    "ads-vertex",
    "docs-assistant",
    "voice-lab",
    "research-vertex",
)
JOB_NAMES = (
    "nightly-catalog-rewrite",
    "nightly-catalog-rewrite-{day}",
    "eval-safety-v{n}",
    "eval-helpfulness-v{n}",
    "support-triage-{month}",
    "support-summaries-{day}",
    "translate-de-fr-{n:03d}",
    "translate-ja-batch-{n:03d}",
    "product-tags-shard-{n:04d}",
    "invoice-extraction-{day}",
    "review-sentiment-{month}",
    "distill-train-set-{n:02d}",
    "faq-rewrite-{n}",
    "alt-text-images-{day}",
    "legal-clause-scan-{n:03d}",
    "genai_batch_job_{stamp}",
    "regression-suite-{day}",
    "title-ab-test-{n}",
)
EMBED_NAMES = ("embeddings-backfill-{n:02d}", "nightly-embeddings-{day}", "reindex-help-center-{n}")
TEAMS = ("search", "support", "catalog", "safety", "growth")

ANSWERS = (
    "The customer reports a delayed parcel and asks for a refund of the shipping fee.",
    "Category: home & kitchen > small appliances. Confidence: high.",
    "Der Artikel ist aus gebürstetem Edelstahl und spülmaschinenfest.",
    "Sentiment: mixed. The reviewer likes the battery but not the weight.",
    '{"invoice_number": "A-20417", "total": 1284.50, "currency": "EUR"}',
    "Summary: three open questions remain about the migration window.",
    "The clause limits liability to direct damages and excludes lost profit.",
    "この製品は防水で、屋外での使用に適しています。",
    "Answer: B. The second passage contradicts the claim in the title.",
    "Tags: waterproof, lightweight, unisex, recycled materials.",
    "The assistant refused politely and pointed to the help pages; grade 4 of 5.",
    "A woman in a yellow raincoat crosses a wet street; neon signs behind her.",
)
PROMPTS = (
    "Summarise the ticket below in one sentence.",
    "Assign a category to this product.",
    "Translate the description into German.",
    "Rate the sentiment of this review.",
    "Extract number, total and currency from the invoice.",
    "Grade the assistant's answer from 1 to 5.",
)
ROW_ERRORS = (
    (3, "Request contains an invalid argument."),
    (3, "The input token count (1058213) exceeds the maximum number of tokens allowed (1048576)."),
    (8, "Resource has been exhausted (e.g. check quota)."),
    (13, "An internal error has occurred. Please retry or report it."),
    (1, "The operation was cancelled."),
    (4, "Deadline expired before operation could complete."),
)
JOB_ERRORS = {
    "gemini": (
        (13, "Internal error encountered."),
        (3, "Failed to parse the input file: line 1 is not a valid GenerateContentRequest."),
        (8, "Enqueued token quota exceeded for the model of this batch."),
        (5, "The input file was not found or has expired."),
    ),
    "vertex": (
        (
            9,
            "The location of the bucket gs://{bucket} could not be read. Please check that it exists.",
        ),
        (3, "Failed to import data: field generationConfig has more than one type in the input rows."),
        (
            7,
            "Service agent service-{number}@gcp-sa-aiplatform.iam.gserviceaccount.com does not have"
            " storage.objects.create access to the output object.",
        ),
        (13, "INTERNAL: the system failed to export the predictions."),
        (8, "The following quotas are exceeded: BatchPredictionRequestsPerMinutePerProject"),
    ),
}
