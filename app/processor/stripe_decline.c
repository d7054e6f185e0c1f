/*
 * Why Stripe declined, in the words of the contract.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_decline.h"

#include <stddef.h>
#include <string.h>

static const struct reason {
    const char *code;
    enum decline decline;
} reasons[] = {
    /* Source: https://docs.stripe.com/declines/codes */
    {"approve_with_id", DECLINE_CARD_DECLINED},
    {"authentication_not_handled", DECLINE_AUTHENTICATION_REQUIRED},
    {"call_issuer", DECLINE_CARD_DECLINED},
    {"card_not_supported", DECLINE_CARD_DECLINED},
    {"card_velocity_exceeded", DECLINE_CARD_DECLINED},
    {"currency_not_supported", DECLINE_CARD_DECLINED},
    {"do_not_honor", DECLINE_CARD_DECLINED},
    {"do_not_try_again", DECLINE_CARD_DECLINED},
    {"duplicate_transaction", DECLINE_CARD_DECLINED},
    {"fraudulent", DECLINE_CARD_DECLINED},
    {"generic_decline", DECLINE_CARD_DECLINED},
    {"incorrect_pin", DECLINE_CARD_DECLINED},
    {"invalid_account", DECLINE_CARD_DECLINED},
    {"invalid_amount", DECLINE_CARD_DECLINED},
    {"invalid_pin", DECLINE_CARD_DECLINED},
    {"issuer_not_available", DECLINE_PROCESSING_ERROR},
    {"lost_card", DECLINE_CARD_DECLINED},
    {"merchant_blacklist", DECLINE_CARD_DECLINED},
    {"mobile_device_authentication_required", DECLINE_AUTHENTICATION_REQUIRED},
    {"new_account_information_available", DECLINE_CARD_DECLINED},
    {"no_action_taken", DECLINE_CARD_DECLINED},
    {"not_permitted", DECLINE_CARD_DECLINED},
    {"offline_pin_required", DECLINE_CARD_DECLINED},
    {"online_or_offline_pin_required", DECLINE_CARD_DECLINED},
    {"pickup_card", DECLINE_CARD_DECLINED},
    {"pin_try_exceeded", DECLINE_CARD_DECLINED},
    {"reenter_transaction", DECLINE_PROCESSING_ERROR},
    {"restricted_card", DECLINE_CARD_DECLINED},
    {"revocation_of_all_authorizations", DECLINE_CARD_DECLINED},
    {"revocation_of_authorization", DECLINE_CARD_DECLINED},
    {"security_violation", DECLINE_CARD_DECLINED},
    {"service_not_allowed", DECLINE_CARD_DECLINED},
    {"stolen_card", DECLINE_CARD_DECLINED},
    {"stop_payment_order", DECLINE_CARD_DECLINED},
    {"testmode_decline", DECLINE_CARD_DECLINED},
    {"transaction_not_allowed", DECLINE_CARD_DECLINED},
    {"try_again_later", DECLINE_PROCESSING_ERROR},
    {"withdrawal_count_limit_exceeded", DECLINE_CARD_DECLINED},
    /* Source: the same, and https://docs.stripe.com/error-codes */
    {"authentication_required", DECLINE_AUTHENTICATION_REQUIRED},
    {"expired_card", DECLINE_EXPIRED_CARD},
    {"incorrect_cvc", DECLINE_INCORRECT_CVC},
    {"incorrect_number", DECLINE_CARD_DECLINED},
    {"incorrect_zip", DECLINE_CARD_DECLINED},
    {"insufficient_funds", DECLINE_INSUFFICIENT_FUNDS},
    {"invalid_cvc", DECLINE_INCORRECT_CVC},
    {"invalid_expiry_month", DECLINE_EXPIRED_CARD},
    {"invalid_expiry_year", DECLINE_EXPIRED_CARD},
    {"invalid_number", DECLINE_CARD_DECLINED},
    {"processing_error", DECLINE_PROCESSING_ERROR},
    /* Source: https://docs.stripe.com/error-codes alone */
    {"card_decline_rate_limit_exceeded", DECLINE_CARD_DECLINED},
    {"card_declined", DECLINE_CARD_DECLINED},
    {"incorrect_address", DECLINE_CARD_DECLINED},
    {"payment_intent_authentication_failure", DECLINE_AUTHENTICATION_REQUIRED},
};

static enum decline
find_reason(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reasons[i].code, code) == 0)
            return reasons[i].decline;
    }
    return DECLINE_NONE;
}

enum decline
stripe_decline(const char *decline_code, const char *code)
{
    enum decline decline = find_reason(decline_code);

    /* The decline code is the closer one, but "generic_decline" says less than any code. */
    if (decline == DECLINE_NONE || decline == DECLINE_CARD_DECLINED) {
        enum decline other = find_reason(code);

        if (other != DECLINE_NONE)
            decline = other;
    }
    return decline != DECLINE_NONE ? decline : DECLINE_CARD_DECLINED;
}
