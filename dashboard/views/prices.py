"""The price list: what tokens cost, from when on; superusers keep it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, entered, opened_or_sent, superusers_only
from dashboard.forms.prices import PriceForm
from jobs import price_list as prices
from jobs.models import Price

AGAIN = "Costs are reckoned anew within a minute."


@require_safe
@superusers_only
def price_list(request: HttpRequest) -> HttpResponse:
    shown = list(Price.objects.all())
    today = timezone.now().date()
    in_force = {price.model: price.pk for price in reversed(shown) if price.starts_on <= today}
    answer = {"prices": shown, "in_force": set(in_force.values()), "unpriced": prices.unpriced_models()}
    return render(request, "prices/list.html", answer)


@opened_or_sent
@superusers_only
def price_add(request: HttpRequest) -> HttpResponse:
    form = PriceForm(*entered(request), initial={"model": request.GET.get("model", "")[:200]})
    if form.is_bound and form.is_valid():
        price = form.price()
        prices.add(price, by=actor_of(request))
        messages.success(request, f"The price of {price.model} is kept. {AGAIN}")
        return redirect("price_list")
    return render(request, "prices/form.html", {"form": form}, status=422 if form.is_bound else 200)


@opened_or_sent
@superusers_only
def price_edit(request: HttpRequest, pk: int) -> HttpResponse:
    price = get_object_or_404(Price, pk=pk)
    form = PriceForm(*entered(request), instance=price)
    if form.is_bound and form.is_valid():
        if form.changed:
            prices.edit(form.price(), form.changed, by=actor_of(request))
        messages.success(request, f"The price of {price.model} is kept. {AGAIN}")
        return redirect("price_list")
    answer = {"form": form, "price": Price.objects.get(pk=pk)}
    return render(request, "prices/form.html", answer, status=422 if form.is_bound else 200)


@require_POST
@superusers_only
def price_remove(request: HttpRequest, pk: int) -> HttpResponse:
    price = get_object_or_404(Price, pk=pk)
    prices.remove(price, by=actor_of(request))
    messages.success(request, f"The price of {price.model} from {price.starts_on} is removed. {AGAIN}")
    return redirect("price_list")
