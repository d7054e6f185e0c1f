/*
 * The sandbox processor: the outcome of a charge is in the name of its test token.
 *
 * The tokens are those of Stripe's testing documentation, which merchants' test suites know.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <string.h>

#include "processor/processor.h"

static const struct token {
    const char *name;
    enum decline decline; /* DECLINE_NONE: the charge succeeds */
} tokens[] = {
    {"tok_visa", DECLINE_NONE},
    {"tok_visa_debit", DECLINE_NONE},
    {"tok_mastercard", DECLINE_NONE},
    {"tok_mastercard_debit", DECLINE_NONE},
    {"tok_mastercard_prepaid", DECLINE_NONE},
    {"tok_amex", DECLINE_NONE},
    {"tok_discover", DECLINE_NONE},
    {"tok_diners", DECLINE_NONE},
    {"tok_jcb", DECLINE_NONE},
    {"tok_unionpay", DECLINE_NONE},
    {"tok_chargeDeclined", DECLINE_CARD_DECLINED},
    {"tok_chargeDeclinedFraudulent", DECLINE_CARD_DECLINED},
    {"tok_chargeDeclinedInsufficientFunds", DECLINE_INSUFFICIENT_FUNDS},
    {"tok_chargeDeclinedExpiredCard", DECLINE_EXPIRED_CARD},
    {"tok_chargeDeclinedIncorrectCvc", DECLINE_INCORRECT_CVC},
    {"tok_chargeDeclinedProcessingError", DECLINE_PROCESSING_ERROR},
    {"tok_visa_chargeDeclined", DECLINE_CARD_DECLINED},
    {"tok_visa_chargeDeclinedFraudulent", DECLINE_CARD_DECLINED},
    {"tok_visa_chargeDeclinedLostCard", DECLINE_CARD_DECLINED},
    {"tok_visa_chargeDeclinedStolenCard", DECLINE_CARD_DECLINED},
    {"tok_visa_chargeDeclinedVelocityLimitExceeded", DECLINE_CARD_DECLINED},
    {"tok_visa_chargeDeclinedInsufficientFunds", DECLINE_INSUFFICIENT_FUNDS},
    {"tok_visa_chargeDeclinedExpiredCard", DECLINE_EXPIRED_CARD},
    {"tok_visa_chargeDeclinedIncorrectCvc", DECLINE_INCORRECT_CVC},
    {"tok_visa_chargeDeclinedProcessingError", DECLINE_PROCESSING_ERROR},
};

static const struct token *
find_token(const char *name)
{
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        if (strcmp(tokens[i].name, name) == 0)
            return &tokens[i];
    }
    return NULL;
}

static bool
knows_source(const struct processor *processor, const char *source)
{
    (void)processor;
    return find_token(source) != NULL;
}

static enum charge_outcome
decide_charge(const struct processor *processor, const struct payment *payment,
              enum decline *decline)
{
    const struct token *token = find_token(payment->source);

    (void)processor;
    *decline = token != NULL ? token->decline : DECLINE_CARD_DECLINED;
    return *decline == DECLINE_NONE ? CHARGE_SUCCEEDED : CHARGE_DECLINED;
}

static enum refund_outcome
decide_refund(const struct processor *processor, const struct refund *refund)
{
    (void)processor;
    (void)refund;
    return REFUND_OUTCOME_SUCCEEDED;
}

const struct processor_type sandbox_type = {
    .name = "sandbox",
    .knows_source = knows_source,
    .decide_charge = decide_charge,
    .decide_refund = decide_refund,
};
